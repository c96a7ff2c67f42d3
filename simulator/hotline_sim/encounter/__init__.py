"""The closed loop: craft that move as they are told, what they see of each other, and who tells whom what. Pure.

    Sea     where everybody is; steps the motion models and notices ranges, risks and contacts
    Helm    a craft's present order, turned into course, speed and altitude
    Chain   words and orders on their way between people

The director owns them and drives them on its own clock, so a virtual and a live run have the same loop.
"""
