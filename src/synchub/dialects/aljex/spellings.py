"""How live sync spells the fields that have no column of ours, so that a file's are not kept beside them.

They are those of facts/aljex_tables.json, of all tables; # stands for a number. Whatever was seen is lower case with
underscores, so a name that nobody has seen is taken to be spelt like that too.
"""

import re

SEEN = """
accessorial# act_disp act_min act_ratio act_team amount# arrive_cons_code arrive_consignee_time arrive_pickup_code
arrive_pickup_date arrive_pickup_time asg_disp billed_date bl_ref blank# blind bulk_email cargo_ins_deduct
cargo_ins_policy cargo_insurer carrier_accessorial# carrier_accessorial_id_# carrier_accessorial_rate#
carrier_fax_num carrier_phone_num carrier_ref_num carrier_yn check_call_date check_call_location check_call_notes
check_call_state check_call_status check_call_time check_call_user class comments_# consignee_appointment_date
consignee_appointment_note consignee_appointment_time consignee_reference_number consignee_zip_code cont_trailer_num
created_by customer_accessorial_rate# date del_eta_date del_eta_time depart_cons_code depart_pickup_code description
description# dispatched_city dispatched_date dispatched_state dispatched_time division driver_cell_num extra_ref_#
gen_liab_deduct gen_liab_insurer gen_liab_policy hazmat key_c_date key_c_time key_c_user key_d_date key_d_time
key_d_user key_h_date key_h_time key_h_user key_l_date key_l_time key_l_user key_p_date key_p_time key_p_user
key_r_date key_r_time key_r_user key_w_date key_w_time key_w_user liab_ins_deduct liab_ins_policy liab_insurer
loaded_date loaded_time manifest_num nmfc_num num_flats num_reefs num_vans old_system_id osd oversized pallet_ex
pallets_in pallets_out passwd pay_to_account pay_to_address_# pay_to_city pay_to_contact pay_to_name pay_to_phone
pay_to_state pay_to_zip pay_to_zip_# permits pickup_address_line# pickup_appointment_note pickup_appt_time
pickup_contact pickup_phone pickup_reference_number pickup_zip_code pod pod_signature_# proj_expense proj_profit
proj_ratio proj_rev ps# ps_acct_# ps_address_# ps_appt_date_# ps_appt_time_# ps_arrive_code_# ps_arrive_date_#
ps_arrive_time_# ps_city_# ps_company_# ps_depart_code_# ps_depart_date_# ps_depart_time_# ps_ref_# ps_state_#
ps_zip_# quote_number ref_num release_date sales_rep sales_team seal signed_by sls_pct srv_rep straps_chains
tag_created_by tag_creation_time tariff_num tarp_required tarp_size temp temp_ctrl time tord trailer_number
truck_num username web_post will_pickup_date will_pickup_time work_comp_deduct work_comp_insurer work_comp_policy
"""
_SIGNS, _NUMBER, _HUMP = re.compile(r"[\W_]+"), re.compile(r"\d+$"), re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def folded(name: str) -> str:
    """A field's name without letter case, blanks and signs."""
    return _SIGNS.sub("", name).lower()


def spelt_live(name: str) -> str:
    """The name that a column has in live sync; its own if it is nothing but signs."""
    bare = folded(name)
    number = _NUMBER.search(bare)
    if (seen := _BY_FOLDED.get(bare)) is not None:
        return seen
    if number and (seen := _BY_FOLDED.get(bare[: number.start()] + "#")) is not None:
        return seen.replace("#", number[0])
    return _SIGNS.sub("_", _HUMP.sub("_", name)).strip("_").lower() or name


_BY_FOLDED = {"".join(word.split("_")): word for word in SEEN.split()}
